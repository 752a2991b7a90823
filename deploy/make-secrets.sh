#!/bin/sh
# Makes the secrets of compose.yaml, in ./secrets. What is there already is kept. SECRET_KEY and OWNER_PASSWORD may come
# from outside, for an installation that exists.
#
# The directory is closed to everybody else on this machine. The files in it are not, as the users inside of the
# containers have other numbers; a container sees only the files that it is given.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
chmod 700 secrets

keep() { # a name and a value
    [ -s "secrets/$1" ] && return
    printf '%s\n' "$2" > "secrets/$1.new"
    chmod 444 "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
}

keep secret_key "${SECRET_KEY:-$(openssl rand -base64 48)}"
keep owner_password "${OWNER_PASSWORD:-$(openssl rand -hex 24)}"
for role in postgres application; do
    keep "${role}_password" "$(openssl rand -hex 24)"
done
keep database_owner_url "postgresql://hireloop:$(cat secrets/owner_password)@postgres:5432/hireloop"
keep database_url "postgresql://hireloop_app:$(cat secrets/application_password)@postgres:5432/hireloop"

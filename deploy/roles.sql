-- Run once, by PostgreSQL's image, in a new cluster: the role that owns the tables, as which only `hireloop migrate`
-- works, and the role that processes use, to which `hireloop migrate` grants what they need.
\set ON_ERROR_STOP on
\set owner_password `cat "${SECRETS:-/run/secrets}/owner_password"`
\set application_password `cat "${SECRETS:-/run/secrets}/application_password"`

CREATE ROLE hireloop LOGIN PASSWORD :'owner_password';
CREATE ROLE hireloop_app LOGIN PASSWORD :'application_password';
CREATE DATABASE hireloop OWNER hireloop;
REVOKE ALL ON DATABASE hireloop FROM PUBLIC;
GRANT CONNECT ON DATABASE hireloop TO hireloop_app;

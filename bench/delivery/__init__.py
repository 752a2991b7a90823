"""Invitations a second from due rows to accepted by a mail server, beside stock Apprise and bare smtplib."""

"""Makes `hireloopmail://` and `hireloopmails://` known to Apprise, for anyone who sends through Apprise itself.

Import it, or name this file to Apprise as a plugin path. HireLoop's own processes do neither: Apprise's manager then
loads the plugins of all services, 300 ms and 36 MB.
"""

from apprise.manager_plugins import NotificationManager

from hireloop.notify.transports.mail.email import HireLoopMail

if HireLoopMail.protocol not in NotificationManager():
    NotificationManager().add(HireLoopMail)

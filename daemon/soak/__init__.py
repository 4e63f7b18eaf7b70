"""`inboxray soak`: no file is lost and none is answered twice, shown on the machine that it runs on.

It works in a spool and a database of its own, and never in one that holds files or rows.
"""

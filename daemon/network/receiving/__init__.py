"""`inboxray receive`: a storage SCP that answers success only for what lies whole, and to stay, in the inbox.

It implements the upper layer itself, and does not decode a data set: bytes go to disk as they come.
"""

"""What can go wrong while driving Personalize; each class says what the driver does about it.

::

    DriverError
    |- AlreadyExists    somebody (an earlier run, another run) created it: adopt it
    |- Gone             the service does not know it (any more)
    |- InUse            something below is still moving: try again later
    |- OverQuota        a limit of the account: wait when our own work is what fills it, else say so
    |- Throttled        too many calls: slow down and repeat
    |- Denied           the caller lacks a permission
    |- NotServed        what answers here (a local stand-in) does not have this operation: leave that step out
    |- Refused          the request breaks a rule of the service: say so
    |- DataFault        the CSV breaks a rule, told with line and column, before any upload
    `- TrainingFailed   the run is over and something in it failed; the message holds each reason and what to do
"""

from __future__ import annotations


class DriverError(Exception):
    """Base of what the driver raises on purpose. The message is written for the person who runs it."""


class AlreadyExists(DriverError):
    pass


class Gone(DriverError):
    pass


class InUse(DriverError):
    pass


class OverQuota(DriverError):
    pass


class Throttled(DriverError):
    pass


class Denied(DriverError):
    pass


class NotServed(DriverError):
    pass


class Refused(DriverError):
    pass


class DataFault(DriverError):
    pass


class TrainingFailed(DriverError):
    pass

"""Driving Amazon Personalize: a plan that can be reviewed, a run that can be killed and repeated.

>>> from personalize.driver import train
>>> result = train(config, clients, variables, on_event=print)

The service itself is the state: names are deterministic, everything is found by name, nothing is kept on disk.
"""

from personalize.driver.errors import DataFault, DriverError, TrainingFailed
from personalize.driver.facts import Options
from personalize.driver.freshness import LastTrained, last_trained
from personalize.driver.model import Action, Event, Kind, Plan, Step
from personalize.driver.polling import AWS, LOCAL, Poll
from personalize.driver.training import Clients, Training, TrainingResult, Turn, plan_training, train, training

__all__ = [
    "AWS",
    "LOCAL",
    "Action",
    "Clients",
    "DataFault",
    "DriverError",
    "Event",
    "Kind",
    "LastTrained",
    "Options",
    "Plan",
    "Poll",
    "Step",
    "Training",
    "TrainingFailed",
    "TrainingResult",
    "Turn",
    "last_trained",
    "plan_training",
    "train",
    "training",
]

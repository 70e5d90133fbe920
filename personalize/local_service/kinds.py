"""The kinds of resources, and the names that the API's operations and members have for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """``noun`` as in the operations (DatasetGroup), ``path`` as in the ARN (dataset-group)."""

    noun: str
    path: str
    deletable: bool = True
    plural: str = ""
    # A resource of one of these kinds that hangs on this one stands in the way of deleting it; others go with it.
    blocked_by: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.path.replace("-", " ")

    @property
    def answer(self) -> str:
        """The member of Describe's answer: datasetGroup."""
        return self.noun[0].lower() + self.noun[1:]

    @property
    def arn_member(self) -> str:
        return self.answer + "Arn"

    @property
    def plural_noun(self) -> str:
        return self.plural or self.noun + "s"


SCHEMA = Kind("Schema", "schema", blocked_by=("Dataset",))
DATASET_GROUP = Kind(
    "DatasetGroup", "dataset-group", blocked_by=("Dataset", "Solution", "EventTracker", "Recommender", "Campaign")
)
DATASET = Kind("Dataset", "dataset")
DATASET_IMPORT_JOB = Kind("DatasetImportJob", "dataset-import-job", deletable=False)
DATASET_EXPORT_JOB = Kind("DatasetExportJob", "dataset-export-job", deletable=False)
SOLUTION = Kind("Solution", "solution", blocked_by=("Campaign",))
SOLUTION_VERSION = Kind("SolutionVersion", "solution", deletable=False)
CAMPAIGN = Kind("Campaign", "campaign")
BATCH_INFERENCE_JOB = Kind("BatchInferenceJob", "batch-inference-job", deletable=False)
BATCH_SEGMENT_JOB = Kind("BatchSegmentJob", "batch-segment-job", deletable=False)
EVENT_TRACKER = Kind("EventTracker", "event-tracker")
FILTER = Kind("Filter", "filter")
RECOMMENDER = Kind("Recommender", "recommender")
RECIPE = Kind("Recipe", "recipe", deletable=False)

KINDS = (
    SCHEMA, DATASET_GROUP, DATASET, DATASET_IMPORT_JOB, DATASET_EXPORT_JOB, SOLUTION, SOLUTION_VERSION, CAMPAIGN,
    BATCH_INFERENCE_JOB, BATCH_SEGMENT_JOB, EVENT_TRACKER, FILTER, RECOMMENDER,
)  # fmt: skip

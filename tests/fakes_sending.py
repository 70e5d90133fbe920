"""In-memory runs and deliveries: the ports Runs and Deliveries with the promises of the DynamoDB adapters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engagement.domain.application import timestamp
from engagement.domain.delivery import RESERVED, Delivery
from engagement.domain.run import PENDING, RUNNING, AudiencePage, Plan, Run


class FakeRuns:
    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._pages: dict[tuple[str, str], AudiencePage] = {}
        self.counted: set[tuple[str, str]] = set()

    def create(self, plan: Plan) -> bool:
        if plan.run_id in self._runs:
            return False
        self._runs[plan.run_id] = Run(Plan.from_json(plan.to_json()))
        return True

    def get(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def of_campaign(self, app_id: str, campaign_id: str) -> list[Run]:
        own = [one for one in self._runs.values() if (one.plan.app_id, one.plan.campaign_id) == (app_id, campaign_id)]
        return sorted(own, key=lambda run: (run.plan.scheduled_start, run.plan.run_id), reverse=True)

    def start(self, plan: Plan, now: datetime) -> bool:
        run = self._runs[plan.run_id]
        if run.state != PENDING:
            return False
        frozen = Plan.from_json(plan.to_json())
        self._runs[plan.run_id] = replace(run, plan=frozen, state=RUNNING, started=timestamp(now))
        return True

    def hold(self, run_id: str, hold: str | None) -> None:
        if run_id in self._runs:
            self._runs[run_id] = replace(self._runs[run_id], hold=hold)

    def page(self, run_id: str, page_key: str) -> AudiencePage | None:
        return self._pages.get((run_id, page_key))

    def commit_page(self, run_id: str, page: AudiencePage) -> AudiencePage:
        if (run_id, page.key) in self._pages:
            return self._pages[(run_id, page.key)]
        self._pages[(run_id, page.key)] = page
        self._add(run_id, page.counters, batches_made=page.batches_made, shards_done=int(page.next_after is None))
        return page

    def commit_batch(self, run_id: str, batch_key: str, counters: Mapping[str, int]) -> bool:
        if (run_id, batch_key) in self.counted:
            return False
        self.counted.add((run_id, batch_key))
        self._add(run_id, counters, batches_done=1)
        return True

    def is_counted(self, run_id: str, batch_key: str) -> bool:
        return (run_id, batch_key) in self.counted

    def finish(self, run_id: str, state: str, now: datetime) -> bool:
        run = self._runs[run_id]
        if run.state != RUNNING:
            return False
        self._runs[run_id] = replace(run, state=state, ended=timestamp(now))
        return True

    def abandon(self, run_id: str, state: str, reason: str, now: datetime) -> bool:
        run = self._runs[run_id]
        if run.state not in (PENDING, RUNNING):
            return False
        self._runs[run_id] = replace(run, state=state, reason=reason, ended=timestamp(now))
        return True

    def _add(self, run_id: str, counters: Mapping[str, int], **numbers: int) -> None:
        run = self._runs[run_id]
        sums = Counter(run.counters) + Counter(counters)
        more = {name: getattr(run, name) + number for name, number in numbers.items()}
        self._runs[run_id] = replace(run, counters=dict(sums), **more)


class FakeDeliveries:
    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Delivery] = {}

    def read(self, run_id: str, endpoint_ids: Sequence[str]) -> dict[str, Delivery]:
        return {one: self.items[(run_id, one)] for one in endpoint_ids if (run_id, one) in self.items}

    def reserve(self, run_id: str, deliveries: Sequence[Delivery]) -> dict[str, Delivery]:
        taken = self.read(run_id, [one.endpoint_id for one in deliveries])
        for one in deliveries:
            self.items.setdefault((run_id, one.endpoint_id), one)
        return taken

    def record(self, run_id: str, deliveries: Sequence[Delivery]) -> None:
        self.items.update({(run_id, one.endpoint_id): one for one in deliveries})

    def settle(self, run_id: str, stale: Delivery, outcome: Delivery) -> None:
        found = self.items.get((run_id, stale.endpoint_id))
        if found and found.state == RESERVED and found.attempt == stale.attempt:
            self.items[(run_id, stale.endpoint_id)] = outcome

    def release(self, run_id: str, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            self.items.pop((run_id, one.endpoint_id), None)

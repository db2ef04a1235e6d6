"""Where a campaign takes place: the deployed app, the proxies around it, and the book."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from chaos.book import Book
from chaos.chance import generator_of
from chaos.faults import FaultPlan
from chaos.proxy import FaultProxy
from chaos.steps import Function
from local.cloud import LocalCloud
from ops import dead_letters, ledger
from ops.deployment import Deployment
from schemas.dead_letters import DeadLetter
from schemas.ledger import LedgerEntry
from schemas.names import Output

_ARCHIVE_CONSTRUCT = "IngestionArchiver"
"""The prediction log has an archive function of its own."""
_ENDPOINT = "AWS_ENDPOINT_URL"


@dataclass(slots=True)
class World:
    """The lake of one campaign.

    Attributes:
        cloud: The local cloud.
        deployment: The app on it.
        seed: The campaign's.
        plans: What goes wrong with the calls of each function.
        book: What was sent.
        foreign_letters: Keys of dead letters that were there before.
    """

    cloud: LocalCloud
    deployment: Deployment
    seed: int
    plans: Mapping[Function, FaultPlan]
    book: Book = field(default_factory=Book)
    foreign_letters: frozenset[str] = frozenset()

    @classmethod
    @contextmanager
    def around(cls, cloud: LocalCloud, deployment: Deployment, seed: int) -> Iterator["World"]:
        """Put proxies between the app's functions and the cloud, until the end of the block."""
        plans = {each: FaultPlan(generator_of(seed, "calls", each)) for each in Function}
        letters = dead_letters.list_dead_letters(deployment)
        world = cls(
            cloud=cloud,
            deployment=deployment,
            seed=seed,
            plans=plans,
            foreign_letters=frozenset(letter.message_key for letter in letters),
        )
        with ExitStack() as stack:
            for function in Function:
                stack.enter_context(world._behind_proxy(function))
            yield world

    @contextmanager
    def _behind_proxy(self, function: Function) -> Iterator[None]:
        proxy = FaultProxy(
            self.cloud.server.port, self.plans[function], lambda: self.kill_workers(function)
        )
        with proxy:
            before = self._set_endpoint(function, proxy.endpoint_url)
            try:
                yield
            finally:
                self._set_endpoint(function, before)

    def _set_endpoint(self, function: Function, url: str) -> str:
        """Point a function's clients at `url`, or at the cloud if empty; return what they had."""
        client, name = self.deployment.connection.functions, self.name_of(function)
        configuration = client.get_function_configuration(FunctionName=name)
        variables = dict(configuration["Environment"]["Variables"])
        before = variables.pop(_ENDPOINT, "")
        client.update_function_configuration(
            FunctionName=name,
            Environment={"Variables": variables | ({_ENDPOINT: url} if url else {})},
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return before

    def name_of(self, function: Function) -> str:
        """Return a function's name on the cloud."""
        if function is Function.INGEST:
            return self.deployment[Output.INGEST_FUNCTION_NAME]
        (name,) = (
            each
            for each in self.deployment.resources("AWS::Lambda::Function")
            if _ARCHIVE_CONSTRUCT in each
        )
        return name

    @property
    def function_names(self) -> dict[Function, str]:
        """The functions' names on the cloud."""
        return {function: self.name_of(function) for function in Function}

    def kill_workers(self, function: Function) -> int:
        """Kill the workers of a function, and return how many there were."""
        return self.cloud.kill_lambda_workers(self.name_of(function))

    @property
    def folder(self) -> str:
        """The part of every key that tells this campaign's files from others."""
        return f"chaos-{self.seed}"

    def entries(self) -> list[LedgerEntry]:
        """Return the ledger's entries of this campaign's files."""
        return [e for e in ledger.entries(self.deployment) if f"/{self.folder}/" in e.object]

    def letters(self) -> list[DeadLetter]:
        """Return the dead letters of this campaign."""
        found = dead_letters.list_dead_letters(self.deployment)
        return [letter for letter in found if letter.message_key not in self.foreign_letters]

    def send(self, *bodies: str) -> None:
        """Send messages to the ingestion queue, in this order."""
        for body in bodies:
            self.deployment.connection.sqs.send_message(
                QueueUrl=self.deployment[Output.INGESTION_QUEUE_URL], MessageBody=body
            )

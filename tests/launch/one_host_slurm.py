"""A real SLURM of two nodes on this host, with its own folder, ports and key; nothing remains after its shutdown."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel")

CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
SlurmctldPort={ports[0]}
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/spool_%n
SlurmdPidFile={folder}/slurmd_%n.pid
SlurmdLogFile={folder}/slurmd_%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobRequeue=1
KillWait=5
ReturnToService=2
MpiDefault=none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=500
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=500
PartitionName=tests Nodes=n1,n2 Default=YES MaxTime=60 State=UP
"""


def is_available() -> bool:
    """Return whether SLURM is installed and can be started: its daemons must run as root."""
    return os.geteuid() == 0 and all(shutil.which(program) for program in PROGRAMS)


@contextmanager
def one_host_slurm():
    """Yield the environment in which SLURM's commands use it."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # a short path, because it contains a socket
    try:
        _write(folder)
        environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
        munge = folder / "munge"
        files = [
            f"--{name}={munge / name.partition('-')[0]}" for name in ("key-file", "pid-file", "log-file", "seed-file")
        ]
        _run(["munged", "--force", f"--socket={munge / 'socket'}", *files], environment)
        _run(["slurmctld", "-c"], environment)
        for node in ("n1", "n2"):
            _run(["slurmd", "-N", node], environment)
        end = time.monotonic() + 60
        while _run(["sinfo", "-h", "-t", "idle", "-o", "%D"], environment) != "2":
            assert time.monotonic() < end, "the nodes do not become idle"
            time.sleep(0.5)
        yield environment
    finally:
        for pid in [*folder.glob("*.pid"), folder / "munge" / "pid"]:
            with suppress(OSError, ValueError):
                os.kill(int(pid.read_text()), signal.SIGTERM)
        time.sleep(1)
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder):
    (folder / "state").mkdir()
    (folder / "munge").mkdir(mode=0o700)
    for node in ("n1", "n2"):
        (folder / f"spool_{node}").mkdir()
    key = folder / "munge" / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    sockets = [socket.socket() for _ in range(3)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    host = socket.gethostname().partition(".")[0]
    text = CONFIGURATION.format(host=host, user=getpass.getuser(), folder=folder, ports=ports)
    (folder / "slurm.conf").write_text(text)


def _run(argv, environment):
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout.strip()

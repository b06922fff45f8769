"""The programs that are measured: how those in C are built, and the command of each."""

import os
import subprocess

from clients import LANGUAGES, PYTHON, Timed, Tools

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Iproto", "-Isrc", "-Isrc/tool",
         "-Ibench/common", "-Ibench/clients"]
TIMED = ["bench/clients/timed.c", "bench/clients/work.c"]  # of each worker in C
# Those in C and Python do all works everywhere; others have a table of their own.
IN_C = ["baseline", "mcwire", "mcmc", "libmemcached", "apr_memcache"]
CLIENTS = IN_C + list(LANGUAGES)
PLAIN = IN_C + [name for name, language in LANGUAGES.items() if language == "Python"]


class Failed(Exception):
    """A process is not there, gave no answer, or said that it failed."""
    status = 1


class Programs:
    """The commands of all processes."""

    def __init__(self, folder, python, scratch):
        self.folder = folder
        build = os.path.dirname(os.path.dirname(folder))
        self.timed = Timed(Tools(scratch, build, python or PYTHON))
        self.mcmc = os.path.join(scratch, "mcmc")  # which is there if its source was given

    def worker(self, role):
        return [os.path.join(self.folder, "overhead-worker"), role]

    def client(self, name):
        """Raises Failed when it is not there."""
        if name in CLIENTS[:2]:
            return self.worker(name)
        if name == "mcmc":
            return [self.mcmc]
        if name in IN_C:
            return [os.path.join(self.folder, "overhead-" + name)]
        command = self.timed.make(name)[0]
        if command is None:
            raise Failed("it is not there")
        return command

    def title(self, name):
        """With a version that is better than the client's own; None: it has no such."""
        return self.timed.made.get(name, (None, None))[1]

    @staticmethod
    def hint(name):
        """Why a client's process may not even have begun."""
        if name == "mcmc":
            return "--mcmc DIR names the folder of its source"
        return None if name in CLIENTS[:2] else "--install-clients installs it"


def compile_worker(compiler, option, path):
    """overhead-worker as this compiler makes it. Raises Failed."""
    own = ["bench/clients/%s.c" % name for name in
           ("c_baseline_timed", "c_mcwire_timed", "c_wire_timed", "overhead_worker")]
    compile_sources(compiler, [option], own, path)


def compile_sources(compiler, options, files, path):
    """With the library, and what all workers in C have."""
    library = ["src/tool/histogram.c"]
    for folder in ("proto", "src", "bench/common"):
        library += [folder + "/" + name for name in sorted(os.listdir(os.path.join(ROOT, folder)))
                    if name.endswith(".c")]
    done = subprocess.run(
        [compiler, *options, *FLAGS, *files, *TIMED, *library, "-lm", "-o", path],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False)
    if done.returncode != 0:
        raise Failed("%s %s: %s" % (compiler, options[0], done.stdout.decode("latin-1")))


def compile_mcmc(folder, path):
    """The worker of mcmc with its source, which lies in a folder. Raises Failed."""
    compile_sources("cc", ["-O2", "-D_DEFAULT_SOURCE", "-w", "-I" + folder],
                    ["bench/clients/c_mcmc_timed.c", os.path.join(folder, "mcmc.c")], path)

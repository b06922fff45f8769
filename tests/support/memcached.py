"""A private memcached for tests in Python."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE_S = 300  # for what ends soon, on a machine that is busy


class Memcached:
    """On a Unix socket in a folder of its own; it can be killed, and started again with the same
    options."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="mcwire-")
        self.path = self.folder + "/socket"
        self.address = "unix:" + self.path
        self.command = ["memcached", "-s", self.path, "-U", "0", "-m", "64", *options]
        if os.geteuid() == 0:
            self.command += ["-u", "nobody"]
            os.chown(self.folder, pwd.getpwnam("nobody").pw_uid, -1)
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while not self.answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("memcached does not come up")
            time.sleep(0.002)

    def answers(self):
        """Once it does, its statistics have this connection, and do not get it later."""
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(self.path) != 0:
                return False
            probe.sendall(b"version\r\n")
            return probe.recv(1024) != b""

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        return connection

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.kill()
        shutil.rmtree(self.folder)

    def statistics(self):
        return statistics_of(self.path)


def statistics_of(path):
    """The statistics that are whole numbers: {name: number}."""
    answer = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"stats\r\n")
        while not answer.endswith(b"END\r\n"):
            answer += connection.recv(65536)
    return {name: int(number)
            for name, number in re.findall(r"STAT (\S+) (\d+)\r", answer.decode())}

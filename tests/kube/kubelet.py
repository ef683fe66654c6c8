# SPDX-License-Identifier: GPL-2.0-or-later
"""A fake kubelet: it runs the helper pods that were made as real containers of a real containerd, by ctr(1), and
`kubectl exec` into them.  All nodes are this machine.
"""
import json
import os
import subprocess
import threading
import time

from streams import ERROR, RESIZE, STDERR, STDIN, STDOUT, Spdy, WebSocket


class Kubelet:
    def __init__(self, ctr, state):
        self.ctr, self.state, self.count, self.lock = ctr, state, 0, threading.Lock()
        self.started = {}

    def run(self, *words, **options):
        return subprocess.run([*self.ctr, *words], check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, **options)

    def log(self, text):
        with open(self.state + "/kubelet.log", "a", encoding="utf-8") as stream:
            stream.write(text + "\n")

    def start(self, pod):
        self.started[id(pod)] = threading.Event()
        threading.Thread(target=self._start, args=(pod,), daemon=True).start()

    def _start(self, pod):
        container = pod["spec"]["containers"][0]
        security = container["securityContext"]
        identity = pod["metadata"]["name"]
        if container["image"] not in self.run("images", "ls", "-q").stdout.split():
            self._say(pod, "Pending", {"waiting": {"reason": "ErrImagePull", "message": "no such image \x1b[2J"}})
            self.started[id(pod)].set()
            return
        # What the manifest does not ask for, the container does not get; but its first process is always root's, for this
        # ctr cannot give it another user.  What is executed has the pod's.
        options = ["--null-io"]
        options += ["--privileged", "--allow-new-privs"] if security.get("privileged") else []
        options += ["--read-only"] if security.get("readOnlyRootFilesystem") else []
        options += ["--with-ns", "pid:/proc/1/ns/pid"] if pod["spec"].get("hostPID") else []
        ran = self.run("run", "-d", *options, container["image"], identity, *container["command"])
        self.log(f"run {identity}: {ran.returncode} {ran.stderr}")
        if ran.returncode:
            self._say(pod, "Failed", {"terminated": {"reason": "Error"}})
            self.started[id(pod)].set()
            return
        self._say(pod, "Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, True)
        pod["pid"] = self._pid(identity)
        self.started[id(pod)].set()
        while os.path.exists(f"/proc/{pod['pid']}/ns/pid"):
            time.sleep(0.1)
        if pod["spec"].get("restartPolicy") == "Never":
            self._say(pod, "Succeeded", {"terminated": {"reason": "Completed"}})
        self.log(f"ended {identity}")

    def _pid(self, identity):
        for line in self.run("tasks", "ls").stdout.splitlines():
            words = line.split()
            if words[0] == identity:
                return int(words[1])
        return 0

    @staticmethod
    def _say(pod, phase, state, is_ready=False):
        pod["status"] = {
            "phase": phase, "conditions": [{"type": "Ready", "status": "True" if is_ready else "False"}],
            "containerStatuses": [{"name": pod["spec"]["containers"][0]["name"], "ready": is_ready, "state": state,
                                   "containerID": "containerd://" + "0" * 64}]}

    def stop(self, pod):
        """As a kubelet does it: some time after the API server was told, and never before it has begun."""
        threading.Thread(target=self._stop, args=(pod,), daemon=True).start()

    def _stop(self, pod):
        identity = pod["metadata"]["name"]
        self.started[id(pod)].wait()
        self.run("tasks", "kill", "-s", "SIGTERM", identity)
        for _ in range(30):
            if "RUNNING" not in "".join(line for line in self.run("tasks", "ls").stdout.splitlines() if identity in line):
                break
            time.sleep(0.1)
        self.run("tasks", "rm", "-f", identity)
        self.run("containers", "rm", identity)
        self.log(f"stopped {identity}")

    def execute(self, handler, pod, query):
        """A kubelet does not kill the process when the connection ends: it only closes its input."""
        channels = [channel for name, channel in (("stdin", STDIN), ("stdout", STDOUT), ("stderr", STDERR)) if name in query]
        if query.get("tty") == ["true"]:
            channels = [channel for channel in channels if channel != STDERR] + [RESIZE]
        connection = WebSocket(handler) if handler.is_websocket() else Spdy(handler, channels)
        with self.lock:
            self.count += 1
            identity = f"exec-{self.count}"
        user = pod["spec"]["containers"][0]["securityContext"]
        process = subprocess.Popen(
            [*self.ctr, "tasks", "exec", "--exec-id", identity, "--user", f"{user['runAsUser']}:{user['runAsGroup']}",
             pod["metadata"]["name"], *query["command"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.log(f"exec {pod['metadata']['name']} {query['command']}")
        threads = [threading.Thread(target=self._pass, args=(connection, stream, channel), daemon=True)
                   for stream, channel in ((process.stdout, STDOUT), (process.stderr, STDERR)) if channel in channels]
        for thread in threads:
            thread.start()
        threading.Thread(target=self._feed, args=(connection, process), daemon=True).start()
        status = process.wait()
        for thread in threads:
            thread.join()
        self._end(connection, status)

    def is_silent(self):
        """Whether the network has just stopped to carry anything, without a word to either side."""
        return os.path.exists(self.state + "/silent")

    def _pass(self, connection, stream, channel):
        while data := stream.read(1 << 16):
            try:
                if not self.is_silent():
                    connection.send(channel, data)
            except OSError:
                pass

    def _feed(self, connection, process):
        while (received := connection.receive()) is not None:
            channel, data = received
            try:
                if channel == STDIN and data is None:
                    process.stdin.close()
                elif channel == STDIN and not self.is_silent():
                    process.stdin.write(data)
            except (OSError, ValueError):
                pass
        while self.is_silent():
            time.sleep(0.1)
        try:
            process.stdin.close()
        except OSError:
            pass

    @staticmethod
    def _end(connection, status):
        answer = {"metadata": {}, "status": "Success"}
        if status:
            answer = {"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
                      "message": f"command terminated with non-zero exit code: exit status {status}",
                      "details": {"causes": [{"reason": "ExitCode", "message": str(status)}]}}
        try:
            connection.send(ERROR, json.dumps(answer).encode())
            connection.close()
        except OSError:
            pass

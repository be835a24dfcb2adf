"""A real S3-compatible store on loopback, that checks signatures."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

WEED = Path(sys.executable).parent / "weed"
BUCKET = "recordings"
POLL_S = 0.2
PORT_FLAGS = (
    "-master.port",
    "-master.port.grpc",
    "-volume.port",
    "-volume.port.grpc",
    "-filer.port",
    "-filer.port.grpc",
    "-s3.port",
    "-s3.port.grpc",
)


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def running_s3(directory: Path) -> Iterator[Mapping[str, str]]:
    """Run a store that keeps its data in `directory`; yield the settings of a service that uses it."""
    ports = dict(zip(PORT_FLAGS, free_ports(len(PORT_FLAGS)), strict=True))
    identity = {"accessKey": "callscope", "secretKey": "store-secret"}
    configuration = directory / "s3.json"
    configuration.write_text(
        json.dumps({"identities": [{"name": "callscope", "credentials": [identity], "actions": ["Admin"]}]})
    )
    arguments = [f"{flag}={port}" for flag, port in ports.items()]
    with (directory / "weed.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(str(WEED), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={directory}", "-s3"),
                *(f"-s3.config={configuration}", "-master.volumeSizeLimitMB=64", "-volume.max=64", *arguments),
            ],
            stdout=log,
            stderr=log,
        )
        try:
            address = f"http://127.0.0.1:{ports['-s3.port']}"
            _wait_until_storing(address, identity, process)
            yield {
                "CALLSCOPE_OBJECT_STORE_URL": f"s3://{BUCKET}/callscope",
                "AWS_ACCESS_KEY_ID": identity["accessKey"],
                "AWS_SECRET_ACCESS_KEY": identity["secretKey"],
                "AWS_ENDPOINT": address,
                "AWS_REGION": "us-east-1",
                "AWS_ALLOW_HTTP": "true",
            }
        finally:
            # Its orderly stop takes half a minute, for data that nobody wants.
            process.kill()
            process.wait()


def _wait_until_storing(address: str, identity: Mapping[str, str], process: "subprocess.Popen[bytes]") -> None:
    """Return once an object can be written: the store answers before it has anywhere to put one."""
    keys = {"access_key_id": identity["accessKey"], "secret_access_key": identity["secretKey"], "region": "us-east-1"}
    store = S3Store(BUCKET, endpoint=address, client_options={"allow_http": True}, **keys)  # type: ignore[arg-type] # obstore's own names
    while process.poll() is None:
        try:
            obstore.put(store, "ready", b"1")
        except BaseError:
            time.sleep(POLL_S)
            continue
        return
    raise AssertionError("the store ended by itself")

"""Protobuf bodies, which some of kubectl's commands send, become the JSON objects that they stand for."""

from deployctl.sandbox.api.protobuf.envelope import ProtobufError, decode

__all__ = ["ProtobufError", "decode"]

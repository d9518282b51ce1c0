"""Publishes a decision with nats-py and prints its receipt: a second implementation of the contract.

usage: publish_decision.py URL SOURCE PASSWORD DECISION_JSON
"""
import asyncio
import json
import sys

import nats


async def main(url, source, password, text):
    decision = json.loads(text)
    prefix = f"_INBOX_{source}".encode()
    connection = await nats.connect(url, user=source, password=password, inbox_prefix=prefix)
    receipts = await connection.subscribe(f"countersign.receipt.v1.{source}.{decision['decision_id']}")
    await connection.flush()
    stored = await connection.jetstream().publish(f"countersign.decision.v1.{source}", text.encode())
    assert stored.stream == f"CS_DECISION_{source.upper()}", stored
    receipt = await receipts.next_msg(timeout=10)
    print(receipt.data.decode())
    await connection.close()


asyncio.run(main(*sys.argv[1:]))

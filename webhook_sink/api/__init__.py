"""HTTP API and page of the sink under `/_hookproof/`: routes, access token, JSON, event stream.

It reads the store; `intake` responds to senders.
"""

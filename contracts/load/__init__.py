"""Load with the contract judged: valid requests by Locust, and every event that they trigger.

`locustfile` is the only module that needs Locust, and Locust loads it. A worker judges each
response and tells the master which events must follow; the master compares them with the
deliveries that the sink received.
"""

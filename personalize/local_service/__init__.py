"""Amazon Personalize on this machine: the same API (control, runtime, events), a real recommender behind it.

Runs in ``.venv-local`` beside ministack on one port; ``asgi.py`` is the way in. Requests and answers follow
botocore's own service models; data comes from and goes to S3 at the endpoint that was called.
"""

"""The engagement engine: what the Lambda functions of this kit run.

Rings, from the inside: ``domain`` (pure rules), ``usecases`` (one verb a file; domain and ports), ``adapters``
(the only boto3), ``api`` (the Pinpoint wire). ``app.py`` is the one place that chooses real adapters.
"""

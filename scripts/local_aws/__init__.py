"""The AWS that runs on this machine: ministack, and beside it our own small services, on one port of 127.0.0.1.

``process.py`` is used by the kit (``.venv``) to start and end it; every other file runs in the server
(``.venv-local``).
"""

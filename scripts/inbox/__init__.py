"""The inbox page: mails side by side, why each reader got what she got, and what is wrong with a mail."""

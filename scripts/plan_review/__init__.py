"""Turn ``terraform show -json <plan>`` into what a reviewer needs: what is lost, who may do more, what is exposed.

``plan_json`` reads, ``masking`` hides, ``attribute_diff`` shows, ``iam_words`` and ``security`` judge, ``cost`` prices,
``review`` puts them together, ``rendering`` writes Markdown and terminal text. No file here calls AWS or Terraform.
"""

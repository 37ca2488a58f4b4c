"""Drafts of rules from Chinese policy text, by grammar, abstaining where the words leave a doubt.

``reader.read_document`` and ``reader.read_clause`` return draft elements with the span of the
words that prove each; ``policy.draft_policy`` writes them down as text, ``fields.drafted_items``
splits them into fields for two people to confirm, ``document.document_text`` writes the fields as a
policy document. A draft is never an input to a payment.
"""

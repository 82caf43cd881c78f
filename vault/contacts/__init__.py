"""Who things are sealed to and signed by: cards, recipients, fingerprints.

A card is the signed text of a person's public keys; a bare age recipient stands for somebody
without a vault. Pure: text goes in, checked keys come out. docs/format/contacts.md tells the
format.
"""

"""Model of a change of an invoice."""

from django.db import models


class Change(models.Model):
    webhook_id = models.CharField(primary_key=True, max_length=200)
    invoice = models.TextField(db_index=True)
    status = models.TextField()
    at = models.DateTimeField()

"""Judgements corrected by the people who know: out as a workbook, back as reviews.

:mod:`~nlpkit.review.sampling` chooses the updates, :mod:`~nlpkit.review.workbook` writes and reads the
workbook, :mod:`~nlpkit.review.merging` joins the workbooks of several reviewers, and
:mod:`~nlpkit.review.agreement` says how far they agree, with each other and with nlpkit.
"""

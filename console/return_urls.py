"""Addresses of one return and its RMAs, with every verb of theirs."""

from __future__ import annotations

from django.urls import path

from console import credits as credit_pages
from console import (
    notes,
    offers_of_vendors,
    refunds,
    return_page,
    return_verbs,
    rma_talk,
    rmas,
    shipments,
)

RETURN = "returns/<uuid:public_id>/"
RMA = "rmas/<uuid:public_id>/"

urlpatterns = [
    path(RETURN, return_page.ReturnPage.as_view(), name="return"),
    path(f"{RETURN}close/", return_verbs.CloseReturn.as_view(), name="return_close"),
    path(f"{RETURN}reopen/", return_verbs.ReopenReturn.as_view(), name="return_reopen"),
    path(f"{RETURN}cancel/", return_verbs.CancelReturn.as_view(), name="return_cancel"),
    path(f"{RETURN}uncancel/", return_verbs.UncancelReturn.as_view(), name="return_uncancel"),
    path(f"{RETURN}edit/", return_verbs.EditReturn.as_view(), name="return_edit"),
    path(f"{RETURN}refund/", refunds.SyncRefund.as_view(), name="return_sync_refund"),
    path(f"{RETURN}rma/", rmas.CreateRma.as_view(), name="rma_create"),
    path(f"{RETURN}note/", notes.AddNote.as_view(), name="note_add"),
    path(f"{RETURN}file/", notes.AddFile.as_view(), name="file_add"),
    path("files/<uuid:public_id>/", notes.DownloadFile.as_view(), name="file"),
    path("rma-files/<uuid:public_id>/", notes.DownloadRmaFile.as_view(), name="rma_file"),
    path(f"{RMA}approve/", rmas.ApproveRma.as_view(), name="rma_approve"),
    path(f"{RMA}deny/", rmas.DenyRma.as_view(), name="rma_deny"),
    path(f"{RMA}decide/", rmas.DecideRma.as_view(), name="rma_decide"),
    path(f"{RMA}edit/", rmas.EditRma.as_view(), name="rma_edit"),
    path(f"{RMA}void/", rmas.VoidRma.as_view(), name="rma_void"),
    path(f"{RMA}cancel/", rmas.CancelRma.as_view(), name="rma_cancel"),
    path(f"{RMA}record-credit/", credit_pages.RecordCredit.as_view(), name="rma_record_credit"),
    path(f"{RMA}settle-credit/", credit_pages.SettleCredit.as_view(), name="rma_settle_credit"),
    path("credits/", credit_pages.CreditGap.as_view(), name="credits"),
    path(
        "credits/<uuid:public_id>/", credit_pages.StatementPage.as_view(), name="credit_statement"
    ),
    path(
        "credits/<uuid:public_id>/statement.pdf",
        credit_pages.StatementPdf.as_view(),
        name="credit_statement_pdf",
    ),
    path(
        "credits/<uuid:public_id>/statement.csv",
        credit_pages.StatementCsv.as_view(),
        name="credit_statement_csv",
    ),
    path("credit-notes/<uuid:public_id>/", credit_pages.CreditFile.as_view(), name="credit_file"),
    path(f"{RMA}messages/", rma_talk.TalkPage.as_view(), name="rma_talk"),
    path(f"{RMA}send-link/", offers_of_vendors.SendLink.as_view(), name="rma_send_link"),
    path(
        "counter-offers/<uuid:public_id>/",
        offers_of_vendors.OfferPage.as_view(),
        name="offer_answer",
    ),
    path(f"{RMA}process/", rmas.ProcessRma.as_view(), name="rma_process"),
    path(f"{RMA}reprocess/", rmas.ReprocessRma.as_view(), name="rma_reprocess"),
    path(f"{RMA}reopen/", rmas.ReopenRma.as_view(), name="rma_reopen"),
    path(f"{RMA}credit/", refunds.SyncCredit.as_view(), name="rma_sync_credit"),
    path(f"{RMA}shipment/", shipments.AddShipment.as_view(), name="shipment_add"),
]

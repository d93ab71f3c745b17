"""Addresses of exports and of files that come back."""

from __future__ import annotations

from django.urls import path

from console import exports, return_changes

urlpatterns = [
    path("returns/export/", exports.ReturnExport.as_view(), name="returns_export"),
    path("exports/", exports.ExportList.as_view(), name="exports"),
    path("exports/new/", exports.NewExport.as_view(), name="export_new"),
    path("exports/<uuid:public_id>/", exports.ExportPage.as_view(), name="export"),
    path("exports/<uuid:public_id>/file/", exports.ExportFile.as_view(), name="export_file"),
    path("exports/<uuid:public_id>/delete/", exports.DeleteExport.as_view(), name="export_delete"),
    path("exports/saved/<uuid:public_id>/", exports.SavedExportPage.as_view(), name="saved_export"),
    path(
        "exports/saved/<uuid:public_id>/run/",
        exports.RunSavedExport.as_view(),
        name="saved_export_run",
    ),
    path(
        "exports/saved/<uuid:public_id>/delete/",
        exports.DeleteSavedExport.as_view(),
        name="saved_export_delete",
    ),
    path("exports/changes/new/", return_changes.UploadChanges.as_view(), name="changes_upload"),
    path("exports/changes/<uuid:public_id>/", return_changes.ChangesPage.as_view(), name="changes"),
    path(
        "exports/changes/<uuid:public_id>/start/",
        return_changes.StartChanges.as_view(),
        name="changes_start",
    ),
]

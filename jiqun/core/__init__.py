"""What every module uses: access, audit, errors on the web, tables in and out, pages, tasks."""

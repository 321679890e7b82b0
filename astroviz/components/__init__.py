"""Parts of a view that are drawn in the browser: one ES module, a face for pages and notebooks."""

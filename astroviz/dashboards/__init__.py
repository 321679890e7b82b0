"""The pages: thin Panel faces over the explorers, and the server that offers them."""

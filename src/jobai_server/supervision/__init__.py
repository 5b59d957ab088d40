"""The process tree: engines and web workers, started, watched and stopped in order. Serves no request itself."""

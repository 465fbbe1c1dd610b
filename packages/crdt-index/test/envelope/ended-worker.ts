// A worker that has nothing to do: its thread ends at once, without an error.
import 'node:worker_threads'

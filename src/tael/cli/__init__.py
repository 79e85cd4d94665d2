"""The command line, one file a command group; and the composition root.

Here, and only here, the parts are put together: which adapters stand behind the ports, who
subscribes to which events, which processes make up the sandbox.
"""

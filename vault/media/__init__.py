"""Every parser of untrusted files, in a process of its own that never holds a key.

`reader` is the parent's side and the only module that other rooms use, with the values of
`metadata` and `extension_for` of `media_type`. Everything else runs in the child: it gets a path
or bytes over a pipe, and has no environment, no inherited descriptor, no terminal, and limits
on memory, time and writing. Its answer is as untrusted as the file it read. Whatever happens
there costs the metadata, never the entry.
"""

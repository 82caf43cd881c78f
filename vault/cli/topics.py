"""What `amanat guide` tells: short, in plain words, nothing that a searcher should not read.

Screens say first, second and third passphrase, file and note.
"""

from __future__ import annotations

from dataclasses import dataclass

from vault.errors import mark


@dataclass(frozen=True)
class Topic:
    """A topic of the guide.

    Attributes:
        title: one line, a msgid.
        paragraphs: msgids; lines inside are kept.
    """

    title: str
    paragraphs: tuple[str, ...]


TOPICS = {
    "start": Topic(
        mark("How to begin"),
        (
            mark(
                "Make the file once, as large as it shall ever be; it does not grow:\n"
                "    amanat init FILE --size 1GiB"
            ),
            mark(
                "Then open it and work at its prompt. You type the passphrase once:\n"
                "    amanat open FILE\n"
                "    add photo.jpg\n"
                "    note What I saw, where and when\n"
                "    list\n"
                "    show 0\n"
                "    get 0 -o copy.jpg"
            ),
            mark(
                "Names of people and of files belong at the prompt: what is typed there is kept"
                " nowhere, while a shell may keep the history of its commands. The commands of"
                " one line, such as `amanat add`, are for programs and for a quiet place."
            ),
            mark(
                "Something counts as kept when the program has said so, not before. Whatever"
                " interrupts it, the file is as it was when it last said so."
            ),
            mark(
                "Keep a copy of the file somewhere else. Without the passphrase nobody can open"
                " any of them, we neither."
            ),
        ),
    ),
    "passphrases": Topic(
        mark("Making, keeping and typing passphrases"),
        (
            mark(
                "Let the program make them: six words, or 24 digits in groups of four. Nobody"
                " guesses these; passphrases that people think of are often found."
            ),
            mark(
                "You type it back at once, so that it is known to be right. Learn it by heart,"
                " or write it down and keep the paper away from the laptop. It is shown once."
            ),
            mark(
                "Of the 24 digits the last two check the others: a slip is named at once. Digits"
                " may be typed in any of the three sets, with or without spaces."
            ),
            mark("There is no way around a lost passphrase, and no way to change one in place."),
            mark(
                "Programs give passphrases with --passphrase-fd or --passphrase-file, one a line,"
                " in the order in which they are asked for. They are never words of the command,"
                " where other users of the machine could read them."
            ),
            mark(
                "Before a command writes much, and before scrub, move and rescue, the program asks"
                " for other passphrases whose volumes must survive. It asks everybody, for it does"
                " not know whether there are any. Give the last one; it opens the others as well."
                " Enter means none. In a file the answer is the next line, and an empty line means"
                " none; where the lines end, or with --no-input and no line, nothing is done."
            ),
        ),
    ),
    "second": Topic(
        mark("First, second and third passphrase"),
        (
            mark(
                "A file has one, two or three passphrases; you decide when you make it. Each"
                " opens its own contents, and those of the ones before it: the second opens what"
                " belongs to the first and to the second. One passphrase is as ordinary as two."
            ),
            mark(
                "Nothing in the file, in copies of it, or in what the program says tells how many"
                " there are. Nor can anyone prove that there is no further one."
            ),
            mark(
                "Writing with the first passphrase does not see what belongs to the others, and"
                " uses up room that they keep free for this. `amanat status`, opened with the"
                " last passphrase, shows how much of it is left; each save with it refills it."
            ),
            mark(
                "So do everyday work with the last passphrase, and at its prompt type `level 0` to"
                " put something where the first one shows it: then everything is protected."
                " `level` goes back."
            ),
            mark(
                "What you add with the last passphrase shows in copies of the file by how much was"
                " written, and to whoever has the first one as a save that changed nothing there."
                " After adding much, add as much with `level 0` in the same sitting."
            ),
            mark(
                "A shell may keep a history. In it, --level, --passphrases, `stock` and `put-right`"
                " tell that there may be more to open: use the prompt for these, and let `init` ask"
                " how many passphrases."
            ),
            mark(
                "What the first passphrase shows should be what such a file would hold in a life"
                " like yours, and it should be looked after now and then. Each passphrase has a"
                " label of yours, shown before anything is written: look at it."
            ),
            mark(
                "What was added with the wrong one is moved by `amanat put-right`; copies of the"
                " file made before still hold it where it was. Files that may be seen can wait"
                " in `amanat stock`, to be moved to a less secret volume one at a time."
            ),
        ),
    ),
    "erasing": Topic(
        mark("Erasing, writing over, and making the file impossible to open"),
        (
            mark(
                "`amanat erase` takes out what an entry says, and its file. For a while older"
                " states stay in unused places of the file, where whoever has the passphrase could"
                " find them."
            ),
            mark(
                "`amanat scrub` writes over all of these places. Whatever is not open is written"
                " over with them: so do it only when everything is open, with the last passphrase"
                " that you have. It takes about as long as copying the file."
            ),
            mark(
                "Before it, and before much is brought in, the program asks for other passphrases"
                " whose volumes must survive. It asks everybody, for it does not know whether there"
                " are any. Give the last one; it opens the others as well. Enter means none."
            ),
            mark(
                "`amanat burn` makes the file impossible to open, for everyone and for good. It"
                " takes a moment. It reaches this file only: a copy made before opens as it did."
            ),
            mark(
                "Nothing of this reaches copies, backups, what you sent, or for certain the memory"
                " of an SSD or a stick, which keeps what it no longer shows."
            ),
        ),
    ),
    "damaged": Topic(
        mark("A damaged file, its copies, and new passphrases"),
        (
            mark(
                "Copy the file first, whole, to another disk, and work on the copy. Keep the"
                " damaged one as it is: what cannot be read today may be read by other means."
            ),
            mark(
                "If it opens, see what is missing, and mend what can be mended. Of a file that you"
                " still have elsewhere, --from takes what is lost. What an earlier copy alone still"
                " holds, take out of that copy.\n"
                "    amanat --vault FILE check --deep\n"
                "    amanat --vault FILE check --repair --from photo.jpg"
            ),
            mark(
                "If it does not open, or much is lost, take what can be read into a new file. If"
                " the passphrase is right and is refused, the beginning may be damaged: what stands"
                " at the end opens it as well.\n"
                "    amanat --vault FILE rescue new.vault\n"
                "    amanat --vault FILE rescue new.vault --from-end"
            ),
            mark(
                "For new passphrases make a new file with `amanat move`. The old file and every"
                " copy of it keep opening with the old passphrases, so whoever has one of both"
                " still has everything up to that day. Make copies of the new file."
            ),
        ),
    ),
    "checkpoint": Topic(
        mark("Before you carry the machine past people who search it"),
        (
            mark(
                "Close the program and switch the machine off, not to sleep: what is open is in"
                " memory, and sleep may write memory to the disk. `amanat doctor` tells what this"
                " machine keeps."
            ),
            mark(
                "The file is random bytes from its first to its last. That it is there can be"
                " seen, and the program too. Decide beforehand what you say about them, and"
                " whether the machine has to be carried at all."
            ),
            mark(
                "If you open it in front of somebody, use one of the commands that only read, or"
                " `amanat open --read-only`: they write nothing to the file."
            ),
            mark(
                "Somebody who copies the file today and again later sees how often and when it"
                " was written and how much, not what. Work on it in regular habits."
            ),
            mark(
                "With the first passphrase such a person also sees which saves changed nothing"
                " there; large ones stand out. So whatever you add with a later passphrase, add as"
                " much for the first one in the same sitting. See `amanat guide second`."
            ),
            mark(
                "After somebody else had the machine in hand, it may have been altered. Use the"
                " file on another one if you can."
            ),
        ),
    ),
    "sending": Topic(
        mark("Giving files to a person you trust"),
        (
            mark(
                "First get that person's card, and compare its fingerprint, eight groups of five"
                " digits, by voice or face to face. A card that came by the same way as a"
                " forgery would is worth nothing until that is done."
            ),
            mark(
                "    contact add NAME CARD\n"
                "    contact confirm NAME\n"
                "    seal 1 2 --to NAME -o parcel.bin"
            ),
            mark(
                "Before anything is sealed you see what would leave: the fields, and what the"
                " files themselves give away, such as the place and the camera in a photograph."
                " Leave out what is not needed."
            ),
            mark(
                "What is sealed is an age file, and its first words say so. Nobody on the way"
                " sees for whom it is, from whom, or what is in it. How large it is can be seen,"
                " roughly."
            ),
            mark(
                "You cannot take back what you have sealed and handed over, and you cannot open"
                " it again yourself."
            ),
        ),
    ),
    "receiving": Topic(
        mark("Receiving and checking files"),
        (
            mark(
                "You need a key of your own. Make it once; what is printed is the public half:"
                " send that, never the file, to whoever wants to seal files for you:\n"
                "    amanat keygen -o my.key > my.pub"
            ),
            mark(
                "Look at a file before you do anything with it, then unpack it:\n"
                "    amanat verify parcel.bin --identity my.key --signed-by CARD\n"
                "    amanat unseal parcel.bin --identity my.key --extract NEWFOLDER"
            ),
            mark(
                "Without --signed-by the check says that nothing was changed on the way, and not"
                " from whom it is. Compare the fingerprint of the card with the person."
            ),
            mark(
                "If you have such a file of your own, `import` keeps what you received in it and"
                " tells when an earlier one is missing."
            ),
            mark(
                "Files from others can be dangerous to open, whoever sent them. Checking does"
                " not open them."
            ),
        ),
    ),
    "limits": Topic(
        mark("What this does not protect you from"),
        (
            mark("It does not hide that the file is there, nor that you have this program."),
            mark(
                "It does not erase what other programs and the system keep: the photograph on the"
                " camera, the preview, the list of recent files, swap. See `amanat doctor`."
            ),
            mark(
                "It does not help against somebody who watches you type, who put a program on"
                " your machine, or who takes the machine while the file is open."
            ),
            mark(
                "It cannot erase copies: flash memory, backups and earlier copies of the file"
                " keep what was once in them. See `amanat guide erasing`."
            ),
            mark(
                "It cannot make anybody believe you. Nobody can prove that there is nothing more"
                " in such a file, and whoever forces you may know that."
            ),
            mark(
                "It shows that a file has not changed since its log was signed, and in which order"
                " things were added. When it was signed is only the sender's word. It cannot show"
                " that what is in it is true."
            ),
            mark(
                "It has not been examined by anyone outside the project. The format pages in"
                " docs/ say what is claimed, and the tests show it."
            ),
        ),
    ),
}
"""The topics, in the order in which they are listed."""

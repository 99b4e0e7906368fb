package io.k8or.seccomp.program;

import java.util.Optional;

/**
 * A program that a live function starts, by execve and the like or through a shell.
 *
 * @param isShellText whether the text is a command of the shell, as for system and popen; else it
 *     is a path or a name
 * @param isSearched whether a name without a slash is looked up in PATH
 * @param object the object's path in the image
 * @param function the function's name or address; empty where it is not known
 * @param text what is started; empty where it is not constant
 */
public record Started(
    boolean isShellText,
    boolean isSearched,
    String object,
    String function,
    Optional<String> text) {}

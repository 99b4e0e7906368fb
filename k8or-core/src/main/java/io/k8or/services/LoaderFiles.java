package io.k8or.services;

import io.k8or.filesystem.ImagePath;
import io.k8or.loader.LoaderCache;
import java.util.Set;

/** Files of the system that name much and mean nothing of it. */
final class LoaderFiles {
  static final ImagePath CACHE = LoaderCache.PATH;
  private static final Set<String> ACCOUNTS =
      Set.of(
          "/etc/passwd",
          "/etc/group",
          "/etc/shadow",
          "/etc/gshadow",
          "/etc/shells",
          "/etc/services",
          "/etc/protocols",
          "/etc/nsswitch.conf",
          "/etc/hosts",
          "/etc/environment");

  private LoaderFiles() {}

  /**
   * Says whether a file is about accounts or the network, so that its paths are not the services'.
   */
  static boolean isAccounts(ImagePath path) {
    return ACCOUNTS.contains(path.toString());
  }
}

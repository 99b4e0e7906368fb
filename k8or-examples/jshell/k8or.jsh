// Start-up of JShell with the libraries of k8or; see README.md beside this file.
import io.k8or.content.*
import io.k8or.files.*
import io.k8or.filesystem.*
import io.k8or.image.*
import io.k8or.layers.*
import io.k8or.layers.compression.*
import io.k8or.layers.limits.*
import io.k8or.layers.storage.*
import io.k8or.report.*
import io.k8or.transform.*
import io.k8or.users.*
import java.nio.file.Files
import java.nio.file.Path

package app;

import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jetty.ee10.servlet.DefaultServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;

public class Main {
  public static void main(String[] words) throws Exception {
    Path files = Files.createTempDirectory("web");
    Files.writeString(files.resolve("page.html"), "a static page\n");
    Server server = new Server(8080);
    ServletContextHandler context = new ServletContextHandler("/", ServletContextHandler.SESSIONS);
    context.setBaseResourceAsPath(files);
    context.addServlet(Orders.class, "/orders/*");
    context.addServlet(DefaultServlet.class, "/");
    server.setHandler(context);
    server.start();
    server.join();
  }
}

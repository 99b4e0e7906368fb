package app;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;

public class Main {
  public static void main(String[] words) throws Exception {
    Path files = Files.createTempDirectory("web");
    Files.writeString(files.resolve("page.html"), "a static page\n");
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("base").toString());
    tomcat.setPort(8080);
    tomcat.getConnector();
    Context context = tomcat.addContext("", files.toString());
    Tomcat.addServlet(context, "orders", new Orders());
    context.addServletMappingDecoded("/orders/*", "orders");
    Tomcat.addServlet(context, "default", new DefaultServlet());
    context.addServletMappingDecoded("/", "default");
    context.addMimeMapping("html", "text/html");
    tomcat.start();
    tomcat.getServer().await();
  }
}

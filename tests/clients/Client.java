// The HTTP client of the JDK, which asks for an upgrade to HTTP/2 (`Upgrade: h2c`) on every new
// connection. Each call that works prints a line, and the
// first that fails ends the program.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

class Client {
  public static void main(String[] words) throws Exception {
    // A client for each call: every call is the first one of a connection.
    call("chat", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello world\"}]}");
    call(
        "chat, streamed",
        "{\"stream\":true,\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
  }

  static void call(String name, String body) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(System.getenv("OPENAI_URL") + "/v1/chat/completions"))
            .header("content-type", "application/json")
            .header("authorization", "Bearer sk-client")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    boolean isAnswer = response.statusCode() == 200 && response.body().contains("You");
    if (!isAnswer) throw new AssertionError(response.statusCode() + " " + response.body());
    System.out.println(
        "{\"client\":\"java.net.http (Java)\",\"call\":\"" + name + "\"}");
  }
}

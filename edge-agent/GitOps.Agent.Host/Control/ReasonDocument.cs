using System.Text.Json;
using GitOps.Agent.Explaining;

namespace GitOps.Agent.Host.Control;

/// <summary>What <c>why</c> prints as JSON: the same tree as its text.</summary>
internal static class ReasonDocument
{
    public static byte[] Of(Reason reason) => JsonDocuments.Write(json =>
    {
        json.WriteNumber("format", 1);
        json.WriteString("text", reason.ToText());
        Write(json, "reason", reason);
    });

    private static void Write(Utf8JsonWriter json, string? name, Reason reason)
    {
        if (name is null)
        {
            json.WriteStartObject();
        }
        else
        {
            json.WriteStartObject(name);
        }

        json.WriteString("says", reason.Says);
        if (!reason.Because.IsEmpty)
        {
            json.WriteStartArray("because");
            foreach (var because in reason.Because)
            {
                Write(json, null, because);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

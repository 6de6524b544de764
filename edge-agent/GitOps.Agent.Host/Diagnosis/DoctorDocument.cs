using System.Globalization;
using System.Text;
using GitOps.Agent.Host.Control;

namespace GitOps.Agent.Host.Diagnosis;

/// <summary>What <c>doctor</c> prints.</summary>
internal static class DoctorDocument
{
    public static byte[] Of(IReadOnlyList<Check> checks) => JsonDocuments.Write(json =>
    {
        json.WriteNumber("format", 1);
        json.WriteString("text", ToText(checks));
        json.WriteStartArray("checks");
        foreach (var check in checks)
        {
            json.WriteStartObject();
            json.WriteString("name", check.Name);
            json.WriteString("level", Word(check.Level));
            json.WriteString("what", check.What);
            if (check.Fix is not null)
            {
                json.WriteString("fix", check.Fix);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static string ToText(IReadOnlyList<Check> checks)
    {
        var text = new StringBuilder();
        var width = checks.Max(c => c.Name.Length);
        foreach (var check in checks)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Word(check.Level),-4}  {check.Name.PadRight(width)}  {check.What}\n");
            if (check.Fix is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"        fix: {check.Fix}\n");
            }
        }

        return text.ToString();
    }

    private static string Word(CheckLevel level) => level.ToString().ToLowerInvariant();
}

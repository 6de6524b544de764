using System.Globalization;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Files;

/// <summary>Names and numbers of local users and groups, from /etc/passwd and /etc/group as they are at the moment.</summary>
internal sealed class UserTable(IFileLayer layer)
{
    private const int LimitBytes = 4 << 20;

    public uint? UserNumber(string name) => Find("/etc/passwd", 0, name, 2) is { } text ? Number(text) : Number(name);

    public uint? GroupNumber(string name) => Find("/etc/group", 0, name, 2) is { } text ? Number(text) : Number(name);

    /// <summary>The group that a user's files belong to when none is named.</summary>
    public uint? PrimaryGroup(string user) => Find("/etc/passwd", 0, user, 3) is { } text ? Number(text) : null;

    public string UserName(uint number) => Find("/etc/passwd", 2, Text(number), 0) ?? Text(number);

    public string GroupName(uint number) => Find("/etc/group", 2, Text(number), 0) ?? Text(number);

    private string? Find(string path, int keyColumn, string key, int column)
    {
        var bytes = layer.Read(path, LimitBytes) ?? [];
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            var fields = line.Split(':');
            if (fields.Length > Math.Max(keyColumn, column) && fields[keyColumn] == key)
            {
                return fields[column];
            }
        }

        return null;
    }

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}

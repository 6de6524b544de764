using System.Globalization;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage;

/// <summary>Users and groups of the machine by name or number, from <c>passwd(5)</c> and <c>group(5)</c>.</summary>
internal sealed class Accounts(IFileLayer files)
{
    private const int MaxBytes = 4 << 20;

    /// <summary>Null: there is none.</summary>
    public uint? User(string name) => Find("/etc/passwd", name);

    /// <inheritdoc cref="User"/>
    public uint? Group(string name) => Find("/etc/group", name);

    private uint? Find(string path, string name)
    {
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        var lines = Encoding.UTF8.GetString(files.Read(path, MaxBytes) ?? []).Split('\n');
        return lines.Select(line => line.Split(':'))
            .Where(fields => fields.Length > 2 && fields[0] == name)
            .Select(fields => uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : (uint?)null)
            .FirstOrDefault();
    }
}

# SPDX-License-Identifier: MIT
# bash completion for aliasfs(1). It asks no network: functions and aliases come from what is mounted.

# Options of a mount, which -o takes too, with '=' where they want a value.
_aliasfs_mount_options="--region= --profile= --endpoint-url= --config-file= --credentials-file= --insecure-http
	--ca-bundle= --ttl= --timeout= --read-timeout= --upload-timeout= --settle-timeout= --rate=
	--delete-grace= --functions= --code --code-cache= --documents= --documents-ttl= --allow-update= --env= --redact-key= --ro --protect= --strict-ln
	--no-create --allow-version-delete --allow-invoke --audit= --allow-other --allow-root --uid= --gid= --umask= --log-level=
	--fsname= --auto-unmount"
_aliasfs_other_options="--foreground --debug --single-threaded --check --write --help --version --json --aliases
	--differ= --values --since= --to= --yes --payload= --tail"

# AWS's regions, and those of the user's profiles.
_aliasfs_regions()
{
	echo "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
		ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
		ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1
		eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1
		sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
	sed -n -E 's/^[[:space:]]*region[[:space:]]*=[[:space:]]*([a-z0-9-]+)[[:space:]]*$/\1/p' \
		"${AWS_CONFIG_FILE:-$HOME/.aws/config}" 2>/dev/null
}

_aliasfs_profiles()
{
	sed -n -E 's/^\[(profile )?([^]]+)\]$/\2/p' "${AWS_CONFIG_FILE:-$HOME/.aws/config}" \
		"${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}" 2>/dev/null
}

_aliasfs_mounts()
{
	findmnt -n -r -o TARGET -t fuse.aliasfs 2>/dev/null
}

# _aliasfs_functions MOUNTPOINT...: a mount that does not answer delays it by two seconds.
_aliasfs_functions()
{
	local mountpoint
	for mountpoint; do
		timeout 2 ls -1 -- "$mountpoint" 2>/dev/null
	done
}

# _aliasfs_aliases MOUNTPOINT...: of the first functions alone, since each costs a call when it is not in the cache.
_aliasfs_aliases()
{
	local mountpoint
	local -a functions
	for mountpoint; do
		mapfile -t functions < <(_aliasfs_functions "$mountpoint" | head -n 5)
		[[ ${#functions[@]} -eq 0 ]] ||
			timeout 2 find "${functions[@]/#/$mountpoint/}" -maxdepth 1 -type l -printf '%f\n' 2>/dev/null
	done
}

# _aliasfs_values NAME START: the values of an option that begin with START, into `offered`; "file" where they are files.
_aliasfs_values()
{
	local list first=
	local -a mounts
	case $1 in
	region) list=$(_aliasfs_regions) ;;
	profile) list=$(_aliasfs_profiles) ;;
	env) list="plain redact" ;;
	log_level) list="error warning info debug" ;;
	functions | protect)
		# Names with ':' between them: the last is completed.
		[[ $2 != *:* ]] || first=${2%:*}:
		mapfile -t mounts < <(_aliasfs_mounts)
		if [[ $1 == functions ]]; then
			list=$(_aliasfs_functions "${mounts[@]}")
		else
			list=$(_aliasfs_aliases "${mounts[@]}")
		fi
		mapfile -t offered < <(compgen -P "$first" -W "$(sort -u <<<"$list")" -- "${2##*:}")
		return
		;;
	config_file | credentials_file | ca_bundle | redact_key | audit | payload)
		compopt -o filenames 2>/dev/null
		mapfile -t offered < <(compgen -f -- "$2")
		return
		;;
	*) return ;;
	esac
	mapfile -t offered < <(compgen -W "$list" -- "$2")
}

_aliasfs()
{
	local i word last="" names
	local -a words=() offered=()

	# Readline breaks words at '=' and ':'; here they are whole again.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i > 1)) && [[ $word == [=:] || ($last == [=:] && ${words[-1]} == *[=:]) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		last=$word
	done
	local cur=${words[-1]} prev=${words[-2]} at=$((${#words[@]} - 1)) before=""
	# What readline keeps of the word: COMPREPLY replaces the rest.
	local kept=${cur%"$last"}
	[[ $last != [=:] ]] || kept=$cur

	COMPREPLY=()
	case $cur in
	--*=*)
		before=${cur%%=*}=
		_aliasfs_values "$(tr - _ <<<"${cur:2:${#before}-3}")" "${cur#*=}"
		;;
	-*)
		names=${_aliasfs_mount_options//=/}
		mapfile -t offered < <(compgen -W "$names ${_aliasfs_other_options//=/}" -- "$cur")
		;;
	*)
		if [[ $prev == -o ]]; then
			[[ $cur != *,* ]] || before=${cur%,*},
			local option=${cur##*,}
			if [[ $option == *=* ]]; then
				before+=${option%%=*}=
				_aliasfs_values "$(tr - _ <<<"${option%%=*}")" "${option#*=}"
			else
				names=$(tr - _ <<<"${_aliasfs_mount_options//--/}")
				mapfile -t offered < <(compgen -W "$names" -- "$(tr - _ <<<"$option")")
				compopt -o nospace 2>/dev/null
			fi
		elif [[ $prev == --* && " $(echo $_aliasfs_mount_options $_aliasfs_other_options) " == *" $prev= "* ]]; then
			_aliasfs_values "$(tr - _ <<<"${prev:2}")" "$cur"
		elif [[ $at -eq 1 && $cur == aws:* ]]; then
			before=aws:
			mapfile -t offered < <(compgen -W "$(_aliasfs_regions)" -- "${cur#aws:}")
		elif [[ $cur == local:* ]]; then
			before=local:
			compopt -o filenames 2>/dev/null
			mapfile -t offered < <(compgen -d -- "${cur#local:}")
		elif [[ $at -eq 1 ]]; then
			mapfile -t offered < <(compgen -W "aws local ls diff log rollback invoke" -- "$cur")
		elif [[ ${words[1]} == ls && $at -ge 3 ]]; then
			mapfile -t offered < <(compgen -W "$(_aliasfs_functions "${words[2]}")" -- "$cur")
		else
			compopt -o filenames 2>/dev/null
			mapfile -t offered < <(compgen -d -- "$cur")
		fi
		;;
	esac
	for word in "${offered[@]}"; do
		word=$before$word
		COMPREPLY+=("${word#"$kept"}")
	done
}

complete -F _aliasfs aliasfs

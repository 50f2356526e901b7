variable "name" {
  description = "What everything is named after."
  type        = string
  default     = "documents"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "A name is 2 to 31 lower-case letters, digits and hyphens."
  }
}

variable "package" {
  description = "The zip of the function's first release; later ones come from the pipeline."
  type        = string
  default     = "build/function.zip"
}

variable "partner_token" {
  description = "What we show the partner that converts documents."
  type        = string
  sensitive   = true
}

variable "memory_mb" {
  description = "Memory of the function."
  type        = number
  default     = 256
}

variable "keep_days" {
  description = "For how many days an uploaded document is kept; 0 is for ever."
  type        = number
  default     = 90
}

variable "archive" {
  description = "Whether the archive is told of documents."
  type        = bool
  default     = true
}

variable "operators" {
  description = "HTTPS addresses that are told of alarms."
  type        = set(string)
  default     = []
}
